//! `stubs/*.yaml`: believable stand-ins for systems. (Owned by the simulator's author.)
