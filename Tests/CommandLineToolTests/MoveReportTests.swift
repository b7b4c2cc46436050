import Testing

@testable import CommandLineTool

@Suite("The report of a move", .timeLimit(.minutes(1)))
struct MoveReportTests {
  @Test(
    "The address is shown without its password",
    arguments: [
      ("postgresql://alpha@db/alpha", "postgresql://alpha@db/alpha"),
      ("postgresql://alpha:a%40b@db:5432/alpha", "postgresql://alpha@db:5432/alpha"),
      (
        "postgresql://db/alpha?password=x&host=/run", "postgresql://db/alpha?password=...&host=/run"
      ),
      (
        "postgresql:///alpha?host=/run:5432&user=a@b", "postgresql:///alpha?host=/run:5432&user=a@b"
      ),
    ])
  func address(_ address: String, shown: String) {
    #expect(MoveReport.withoutPassword(address) == shown)
  }
}
