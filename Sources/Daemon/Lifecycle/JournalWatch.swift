import Journal
import ServiceLifecycle

/// Ends the daemon when a commit fails: memory may differ from the disk then.
struct JournalWatch: Service {
  let journal: ServiceJournal

  func run() async throws {
    let failure = await cancelWhenGracefulShutdown { await journal.failure() }
    if let failure { throw failure }
  }
}
