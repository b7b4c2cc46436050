import Runtime

/// The `sequence` of an event: twenty digits hold every 64-bit number, so that text order is number order.
struct PaddedNumber: ASCIIForm {
  static let longestText = 20

  let number: UInt64

  init(_ number: UInt64) { self.number = number }

  init?(ascii text: UnsafeBufferPointer<UInt8>) {
    guard text.count == Self.longestText else { return nil }
    var number: UInt64 = 0
    for byte in text {
      let digit = byte &- UInt8(ascii: "0")
      let (tens, isTooLarge) = number.multipliedReportingOverflow(by: 10)
      let (next, isOver) = tens.addingReportingOverflow(UInt64(digit))
      guard digit < 10, !isTooLarge, !isOver else { return nil }
      number = next
    }
    self.number = number
  }

  func write(ascii text: UnsafeMutableBufferPointer<UInt8>) -> Int {
    var rest = number
    for place in (0..<Self.longestText).reversed() {
      text[place] = UInt8(ascii: "0") + UInt8(rest % 10)
      rest /= 10
    }
    return Self.longestText
  }
}
