import Events
import FoundationEssentials
import Runtime
import Testing

@Suite(.timeLimit(.minutes(1))) struct TimestampTests {
  @Test(arguments: [
    (0, "1970-01-01T00:00:00.000000Z"),
    (68_255_999_999_999, "1972-02-29T23:59:59.999999Z"),
    (951_827_696_000_001, "2000-02-29T12:34:56.000001Z"),
    (1_795_408_860_000_001, "2026-11-23T04:41:00.000001Z"),
    (4_107_542_399_000_000, "2100-02-28T23:59:59.000000Z"),
    (4_107_542_400_000_000, "2100-03-01T00:00:00.000000Z"),
    (13_574_563_200_000_000, "2400-02-29T00:00:00.000000Z"),
    (253_402_300_799_999_999, "9999-12-31T23:59:59.999999Z"),
  ])
  func `a time is written in RFC 3339 and read back`(microseconds: UInt64, text: String) {
    let time = Timestamp(microseconds: microseconds)
    #expect(time.description == text)
    #expect(Timestamp(text) == time)
  }

  @Test func `every month of four centuries begins and ends on its own day`() {
    var day: UInt64 = 0
    for year in 1970..<2370 {
      for (month, length) in zip(1..., lengths(year)) {
        let prefix = "\(year)-\(month < 10 ? "0" : "")\(month)-"
        expect(day, "\(prefix)01T00:00:00.000000Z")
        expect(day + length - 1, "\(prefix)\(length)T00:00:00.000000Z")
        #expect(Timestamp("\(prefix)\(length + 1)T00:00:00Z") == nil)
        day += length
      }
    }
    #expect(day == 146_097)
  }

  @Test(
    arguments: [
      ("2026-11-23T04:41:00Z", 1_795_408_860_000_000),
      ("2026-11-23t04:41:00z", 1_795_408_860_000_000),
      ("2026-11-23T04:41:00.5Z", 1_795_408_860_500_000),
      ("2026-11-23T04:41:00.123456789Z", 1_795_408_860_123_456),
      ("2026-11-23T04:41:00+05:30", 1_795_389_060_000_000),
      ("2026-11-23T04:41:00-08:00", 1_795_437_660_000_000),
      ("2026-01-01T00:00:00+23:59", 1_767_139_260_000_000),
      ("2026-11-23T04:41:00-00:00", 1_795_408_860_000_000),
      ("1969-12-31T23:30:00-01:00", 1_800_000_000),
      ("2016-12-31T23:59:60Z", 1_483_228_800_000_000),
    ] as [(String, UInt64)])
  func `other forms of RFC 3339 are read`(text: String, microseconds: UInt64) {
    #expect(Timestamp(text)?.microseconds == microseconds)
  }

  @Test(arguments: [
    "", "now", "2026-11-23", "2026-11-23 04:41:00Z", "2026-11-23T04:41Z", "26-11-23T04:41:00Z",
    "2026-11-23T04:41:00", "2026-11-23T04:41:00.Z", "2026-11-23T04:41:00Z ",
    " 2026-11-23T04:41:00Z", "2026-11-23T04:41:00+0100", "2026-11-23T04:41:00+1",
    "2026-00-23T04:41:00Z", "2026-13-23T04:41:00Z", "2026-11-00T04:41:00Z",
    "2026-11-31T04:41:00Z", "2026-02-29T04:41:00Z", "2100-02-29T04:41:00Z",
    "2024-02-30T04:41:00Z", "2026-11-23T24:00:00Z", "2026-11-23T04:60:00Z",
    "2026-11-23T04:41:61Z", "2026-11-23T04:41:00+24:00", "2026-11-23T04:41:00+00:60",
    "+026-11-23T04:41:00Z", "0000-01-01T00:00:00Z", "1969-12-31T23:59:59Z",
    "1970-01-01T00:00:00+00:01", "２026-11-23T04:41:00Z",
  ])
  func `a time before 1970 or a malformed one is not read`(text: String) {
    #expect(Timestamp(text) == nil)
  }

  @Test func `times are in order, and the time since a later one is zero`() {
    let early = Timestamp(microseconds: 5)
    let late = Timestamp(microseconds: 7)
    #expect(early < late)
    #expect(late.since(early) == .microseconds(2))
    #expect(early.since(late) == .zero)
    #expect(Timestamp(microseconds: .max).since(early) == .microseconds(Int64.max))
  }

  @Test func `any number of microseconds has a text`() {
    #expect(Timestamp(microseconds: .max).description == "586524-01-19T08:01:49.551615Z")
  }

  @Test func `a time is a string in JSON, and another string does not decode`() throws {
    let json = try [Timestamp(microseconds: 1)].json()
    #expect(text(json) == #"["1970-01-01T00:00:00.000001Z"]"#)
    #expect(try JSONDecoder().decode([Timestamp].self, from: json)[0].microseconds == 1)
    let error = try #require(throws: DecodingError.self) {
      try JSONDecoder().decode([Timestamp].self, from: Data(#"["today"]"#.utf8))
    }
    #expect(DecodingProblem(error).description == "[0]: “today” is not an RFC 3339 time")
  }

  private func lengths(_ year: Int) -> [UInt64] {
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    return [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
  }

  private func expect(_ day: UInt64, _ text: String) {
    let time = Timestamp(microseconds: day * 86_400_000_000)
    #expect(time.description == text)
    #expect(Timestamp(text) == time)
  }
}
