"""Reports as pages: one file each that works offline, in a light and a dark room, and for a screen reader."""
