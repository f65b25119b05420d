import { FAULTS } from "./faults.ts";
import { testSteps } from "./run_steps.ts";

testSteps("faults that the dashboard had", FAULTS);
