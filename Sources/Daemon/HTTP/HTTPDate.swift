import Events
import Runtime

extension Timestamp {
  /// The time as a `Date` header field has it (RFC 9110, 5.6.7): `Sun, 17 May 2026 12:00:00 GMT`.
  var httpDate: String {
    let text = description
    let day = Int(microseconds / 86_400_000_000)
    let month = Int(text.dropFirst(5).prefix(2)) ?? 1
    // The first day of 1970 was a Thursday.
    return """
      \(days[(day + 4) % 7]), \(text.dropFirst(8).prefix(2)) \(months[month - 1]) \
      \(text.prefix(4)) \(text.dropFirst(11).prefix(8)) GMT
      """
  }
}

private let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
private let months = [
  "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
]
