import Events
import Testing

@Suite(.timeLimit(.minutes(1))) struct ShownNumberTests {
  @Test(
    arguments: [
      (0, "0"), (7, "7"), (999, "999"), (1000, "1 000"), (-1000, "-1 000"), (12_345, "12 345"),
      (123_456, "123 456"), (1_234_567, "1 234 567"), (.max, "9 223 372 036 854 775 807"),
      (.min, "-9 223 372 036 854 775 808"),
    ] as [(Int64, String)])
  func `a number is shown in groups of three digits, which no line breaks`(
    number: Int64, text: String
  ) {
    #expect(number.shown == text.replacing(" ", with: "\u{202f}"))
  }

  @Test func `a number without a sign is shown too`() {
    #expect(UInt64.max.shown.count { $0 == "\u{202f}" } == 6)
  }
}
