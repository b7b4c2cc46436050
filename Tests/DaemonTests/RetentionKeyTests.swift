import Journal
import Testing

@testable import Daemon

@Suite("The keys of retention", .timeLimit(.minutes(1)))
struct RetentionKeyTests {
  @Test("ages and patience are seconds")
  func seconds() throws {
    let configuration = try ServiceConfiguration(
      of: DeltaRoom.self, values: ["retention.age": "60", "retention.patience": "90"])
    let retention = Retention(configuration, forever: ["thing.made"])
    #expect(retention.age == .seconds(60))
    #expect(retention.forever == ["thing.made"])
    #expect(configuration[RetentionKeys.patience] == .seconds(90))
  }
}
