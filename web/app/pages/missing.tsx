import { Page } from "../frame.tsx";
import { Empty } from "../parts/states.tsx";

export function Missing() {
  return (
    <Page title="Not found">
      <Empty title="There is no page at this address">
        <a href="/">Go to the overview</a>
      </Empty>
    </Page>
  );
}
