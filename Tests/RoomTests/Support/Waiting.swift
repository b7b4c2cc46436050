import Events
import Journal
import RoomTesting

extension House {
  /// Waits until something holds, looking again after every commit.
  func until(_ condition: (House) throws -> Bool) async throws {
    let (commits, heard) = AsyncStream.makeStream(of: Void.self)
    journal.observe { _ in heard.yield() }
    heard.yield()
    for await _ in commits where try condition(self) { return }
  }
}
