import Events
import Journal
import RoomTesting

extension ServiceHarness {
  /// Waits until something holds, looking again after every commit.
  func until(_ condition: (ServiceHarness) throws -> Bool) async throws {
    let commits = journal.commits(buffering: .bufferingNewest(1))
    if try condition(self) { return }
    for await _ in commits where try condition(self) { return }
  }
}
