/** The YAML parser looks for debugging flags in the environment; benchmarks run without a permission for it. */
import process from "node:process";

process.env = {};
