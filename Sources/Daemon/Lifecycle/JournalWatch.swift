import Journal
import ServiceLifecycle

/// Ends the daemon when a commit fails: what is in memory may no longer be what is on disk.
struct JournalWatch: Service {
  let journal: ServiceJournal

  func run() async throws {
    let failure = await cancelWhenGracefulShutdown { await journal.failure() }
    if let failure { throw failure }
  }
}
