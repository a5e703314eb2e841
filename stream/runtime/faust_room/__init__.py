"""All that changes Faust, in one folder; each piece names the fault that it mends.

The way of a record: `consumer` fetches (aiokafka, in the worker's own event loop) and makes one `Batch` a partition;
Faust's conductor carries it to the agent of its topic, `schema` letting it pass untouched; the agent gives it to the
`room`, and that to the tasks. The way of an assignment: `consumer` hears of it, `tables` has the `room` take the tasks
over before Faust may read on.
"""
