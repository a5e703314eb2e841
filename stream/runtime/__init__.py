"""The Faust room: events from Kafka through one worker's tasks, and outcomes back.

`worker` starts all and ends it; `faust_room` holds what changes Faust; `agents` hand record batches to the tasks; the
tasks, their clock, merge and checkpoint are plain code behind `ports`.
"""
