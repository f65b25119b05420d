import { Page } from "../parts/page.tsx";
import { Empty } from "../parts/states.tsx";

export default function Missing() {
  return (
    <Page>
      <Empty title="There is no page at this address">
        <a href="/">Go to the overview</a>
      </Empty>
    </Page>
  );
}
