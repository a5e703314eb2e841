"""For those who write a config: scenario tests on virtual time, and the simulated shop."""
