//! `events/*.yaml`: published event types. Not built yet: `check` refuses the files by name.
