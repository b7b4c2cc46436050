import FoundationEssentials
import Glibc
import Runtime

/// The readings of a time that a person writes.
enum TimePoint {
  /// Reads a time: `2026-11-26T10:00:00Z`, or on this machine's clock `2026-11-26 10:00`, `10:00` and
  /// `10:00:30` of today; or so long before now: `90s`, `15m`, `1h`, `2d`; nil for anything else.
  static func read(_ text: String, now: Timestamp) -> Timestamp? {
    if let duration = duration(text) { return now - duration }
    if let time = Timestamp(text) { return time }
    return local(text, now: now)
  }

  /// Reads a duration, a number of seconds without a unit; nil for anything else.
  static func duration(_ text: String) -> Duration? {
    let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
    let unit = text.last.flatMap { units[$0] }
    guard let number = Double(unit == nil ? text : String(text.dropLast())), number >= 0,
      number * (unit ?? 1) <= longest, text.first?.isNumber == true
    else { return nil }
    return .seconds(number * (unit ?? 1))
  }

  /// A hundred years, in seconds.
  private static let longest = 36_500 * 86_400.0

  private static func local(_ text: String, now: Timestamp) -> Timestamp? {
    let halves = text.split { $0 == " " || $0 == "T" }
    guard (1...2).contains(halves.count), let clock = numbers(halves[halves.count - 1], by: ":"),
      (2...3).contains(clock.count)
    else { return nil }
    var time = CalendarTime(now)
    if halves.count == 2 {
      guard let day = numbers(halves[0], by: "-"), day.count == 3, day[0] < 10_000 else {
        return nil
      }
      time.setDay(year: day[0], month: day[1], day: day[2])
    }
    time.setClock(hour: clock[0], minute: clock[1], second: clock.count == 3 ? clock[2] : 0)
    return time.timestamp
  }

  private static func numbers(_ text: Substring, by separator: Character) -> [Int32]? {
    let parts = text.split(separator: separator, omittingEmptySubsequences: false)
    let numbers = parts.compactMap { part in
      part.allSatisfy(\.isNumber) ? Int32(part) : nil
    }
    return numbers.count == parts.count ? numbers : nil
  }
}

/// A time on this machine's calendar and clock.
struct CalendarTime: CustomStringConvertible {
  private var parts = tm()
  private let microseconds: Int

  init(_ time: Timestamp) {
    var seconds = time_t(time.microseconds / 1_000_000)
    microseconds = Int(time.microseconds % 1_000_000)
    localtime_r(&seconds, &parts)
  }

  mutating func setDay(year: Int32, month: Int32, day: Int32) {
    parts.tm_year = year - 1900
    parts.tm_mon = month - 1
    parts.tm_mday = day
  }

  mutating func setClock(hour: Int32, minute: Int32, second: Int32) {
    parts.tm_hour = hour
    parts.tm_min = minute
    parts.tm_sec = second
  }

  /// The time; nil for one that the calendar does not have, such as 25:00.
  var timestamp: Timestamp? {
    var wanted = parts
    wanted.tm_isdst = -1
    var found = wanted
    let seconds = mktime(&found)
    guard seconds >= 0, found.tm_mday == wanted.tm_mday, found.tm_mon == wanted.tm_mon,
      found.tm_min == wanted.tm_min, found.tm_sec == wanted.tm_sec
    else { return nil }
    return Timestamp(microseconds: UInt64(seconds) * 1_000_000)
  }

  /// The time of the day, to the millisecond.
  var description: String {
    let clock = [parts.tm_hour, parts.tm_min, parts.tm_sec].map { twoDigits(Int($0)) }
    let milliseconds = microseconds / 1000 + 1000
    return clock.joined(separator: ":") + "." + "\(milliseconds)".dropFirst()
  }

  private func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
