import Events
import Journal
import RoomTesting

extension ServiceHarness {
  /// Waits until something holds, looking again after every commit.
  func until(_ condition: (ServiceHarness) throws -> Bool) async throws {
    let (commits, heard) = AsyncStream.makeStream(of: Void.self)
    journal.observe { _ in heard.yield() }
    heard.yield()
    for await _ in commits where try condition(self) { return }
  }
}
