"""The roofline core: what a device needs for a workload in time, memory and power."""
