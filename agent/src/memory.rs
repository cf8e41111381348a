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

/// Gives back to the system what the allocator keeps between what is still in use. It takes a few
/// milliseconds, so it is for the end of a large piece of work.
pub fn give_back_now() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        #[expect(unsafe_code, reason = "the allocator has no other door")]
        // SAFETY: `malloc_trim` takes a number and frees unused pages under the allocator's locks.
        let is_any_given = unsafe { libc::malloc_trim(0) } == 1;
        tracing::trace!(is_any_given, "Gave memory back");
    }
}
