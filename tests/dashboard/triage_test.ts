import { testSteps } from "./run_steps.ts";
import { TRIAGE } from "./triage.ts";

testSteps("an analyst's first hour", TRIAGE);
