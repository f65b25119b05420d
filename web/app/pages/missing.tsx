import { Page } from "../parts/page.tsx";
import { Empty } from "../parts/states.tsx";

export default function Missing() {
  return (
    <Page>
      <Empty title="Page not found">
        <a href="/">Go to the overview</a>
      </Empty>
    </Page>
  );
}
