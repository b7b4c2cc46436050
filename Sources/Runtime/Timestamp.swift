/// A point in time: microseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
///
/// It is written as RFC 3339 in UTC with six digits, the precision of the wire header.
public struct Timestamp: Hashable, Comparable, Sendable {
  /// Microseconds since 1970.
  public var microseconds: UInt64

  /// A point in time, in microseconds since the beginning of 1970.
  public init(microseconds: UInt64) {
    self.microseconds = microseconds
  }

  /// Whether the one point is before the other.
  public static func < (left: Timestamp, right: Timestamp) -> Bool {
    left.microseconds < right.microseconds
  }

  /// The time from an earlier point to this one; zero where the other one is later.
  public func since(_ earlier: Timestamp) -> Duration {
    .microseconds(Int64(clamping: microseconds - min(microseconds, earlier.microseconds)))
  }

  /// The time so much later; a duration below zero is none.
  public static func + (time: Timestamp, duration: Duration) -> Timestamp {
    Timestamp(microseconds: time.microseconds + duration.microseconds)
  }

  /// The time so much earlier, not before 1970; a duration below zero is none.
  public static func - (time: Timestamp, duration: Duration) -> Timestamp {
    Timestamp(microseconds: time.microseconds - min(time.microseconds, duration.microseconds))
  }
}

extension Duration {
  fileprivate var microseconds: UInt64 {
    UInt64(max(0, components.seconds)) * 1_000_000
      + UInt64(max(0, components.attoseconds) / 1_000_000_000_000)
  }
}

extension Timestamp: CustomStringConvertible {
  /// RFC 3339, for example `2026-11-23T04:41:00.000001Z`.
  public var description: String { text }

  /// Reads RFC 3339 with any number of fraction digits (the seventh and later are cut) and any
  /// offset; nil for anything else and for a time before 1970.
  public init?(_ text: some StringProtocol) {
    self.init(ascii: String(text))
  }
}

extension Timestamp: ASCIIForm {
  /// The bytes of a time in the last year that 64 bits of microseconds hold, 586,524.
  package static let longestText = 29

  package init?(ascii text: UnsafeBufferPointer<UInt8>) {
    var scan = Scanner(rest: text[...])
    guard let year = scan.number(4), scan.take("-"), let month = scan.number(2), scan.take("-"),
      let day = scan.number(2), scan.take("T") || scan.take("t"),
      let hour = scan.number(2), scan.take(":"), let minute = scan.number(2), scan.take(":"),
      let second = scan.number(2), let fraction = scan.fraction(), let offset = scan.offset(),
      scan.isAtEnd, hour < 24, minute < 60, second <= 60,
      let days = CivilDate.daysSince1970(year: year, month: month, day: day)
    else { return nil }
    let seconds = days * 86_400 + hour * 3600 + minute * 60 + second - offset * 60
    guard seconds >= 0 else { return nil }
    self.init(microseconds: UInt64(seconds) * 1_000_000 + UInt64(fraction))
  }

  package func write(ascii text: UnsafeMutableBufferPointer<UInt8>) -> Int {
    let seconds = Int(microseconds / 1_000_000)
    let date = CivilDate(daysSince1970: seconds / 86_400)
    let second = seconds % 86_400
    var end = 0
    func append(_ number: Int, width: Int, then mark: Unicode.Scalar) {
      var power = 1
      for _ in 1..<width { power *= 10 }
      while number / power >= 10 { power *= 10 }
      while power > 0 {
        text[end] = UInt8(ascii: "0") + UInt8(number / power % 10)
        end += 1
        power /= 10
      }
      text[end] = UInt8(ascii: mark)
      end += 1
    }
    append(date.year, width: 4, then: "-")
    append(date.month, width: 2, then: "-")
    append(date.day, width: 2, then: "T")
    append(second / 3600, width: 2, then: ":")
    append(second / 60 % 60, width: 2, then: ":")
    append(second % 60, width: 2, then: ".")
    append(Int(microseconds % 1_000_000), width: 6, then: "Z")
    return end
  }
}

extension Timestamp: Codable {
  /// Reads an RFC 3339 time.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let time = Timestamp(text) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "“\(text)” is not an RFC 3339 time")
    }
    self = time
  }

  /// Writes an RFC 3339 time.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

/// A day of the proleptic Gregorian calendar, converted by counting in eras of 400 years that
/// begin on 1 March, so that the leap day comes last.
private struct CivilDate {
  var year: Int
  var month: Int
  var day: Int

  init(year: Int, month: Int, day: Int) {
    self.year = year
    self.month = month
    self.day = day
  }

  init(daysSince1970 days: Int) {
    let shifted = days + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }

  /// Counts the days up to one that the calendar has; nil for the others, such as 30 February.
  static func daysSince1970(year: Int, month: Int, day: Int) -> Int? {
    guard (1...12).contains(month), (1...31).contains(day) else { return nil }
    let days = CivilDate(year: year, month: month, day: day).daysSince1970
    return CivilDate(daysSince1970: days).day == day ? days : nil
  }

  private var daysSince1970: Int {
    let shiftedYear = month <= 2 ? year - 1 : year
    let era = shiftedYear / 400
    let yearOfEra = shiftedYear % 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }
}

/// Reads the parts of an RFC 3339 time from left to right.
private struct Scanner {
  var rest: Slice<UnsafeBufferPointer<UInt8>>

  var isAtEnd: Bool { rest.isEmpty }

  mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard rest.first == UInt8(ascii: character) else { return false }
    rest.removeFirst()
    return true
  }

  mutating func number(_ width: Int) -> Int? {
    var value = 0
    for _ in 0..<width {
      guard let digit = digit() else { return nil }
      value = value * 10 + digit
    }
    return value
  }

  /// Microseconds; zero where the time has no fraction, nil where it has a point and no digit.
  mutating func fraction() -> Int? {
    guard take(".") else { return 0 }
    var value = 0
    var count = 0
    while let digit = digit() {
      if count < 6 { value = value * 10 + digit }
      count += 1
    }
    guard count > 0 else { return nil }
    for _ in min(count, 6)..<6 { value *= 10 }
    return value
  }

  /// Minutes east of UTC.
  mutating func offset() -> Int? {
    if take("Z") || take("z") { return 0 }
    let sign = take("+") ? 1 : take("-") ? -1 : 0
    guard sign != 0, let hours = number(2), hours < 24, take(":"),
      let minutes = number(2), minutes < 60
    else { return nil }
    return sign * (hours * 60 + minutes)
  }

  private mutating func digit() -> Int? {
    guard let byte = rest.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else {
      return nil
    }
    rest.removeFirst()
    return Int(byte - UInt8(ascii: "0"))
  }
}
