//! The process byokey lives in: state directory, signals, control.
