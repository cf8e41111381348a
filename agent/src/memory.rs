//! What the agent asks of the system's allocator: a county's server is not ours to fill.

/// What is larger than this is given back to the system when it is freed, in bytes: the allocator's own
/// first value, which it would raise to the largest block that it ever saw.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const GIVEN_BACK_BYTES: i32 = 128 * 1024;

/// Keeps what a large export needed from staying with the process afterwards. Other allocators than
/// the GNU one do so by themselves.
pub fn give_back_early() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        #[expect(unsafe_code, reason = "the allocator has no other door")]
        // SAFETY: `mallopt` takes two numbers and changes the allocator's settings under its lock.
        let is_set = unsafe { libc::mallopt(libc::M_MMAP_THRESHOLD, GIVEN_BACK_BYTES) } == 1;
        if !is_set {
            tracing::debug!("The allocator keeps what it is given");
        }
    }
}
