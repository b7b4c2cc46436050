/// The lines of a report for people: a title, and a name, a figure and its meaning in each row.
struct ReportTable: CustomStringConvertible, Sendable {
  struct Row: Sendable {
    let name: String
    let figure: String
    let meaning: String
  }

  let title: String
  private(set) var rows: [Row] = []

  init(_ title: String) {
    self.title = title
  }

  mutating func add(_ name: String, figure: String, meaning: String = "") {
    rows.append(Row(name: name, figure: figure, meaning: meaning))
  }

  var description: String {
    let nameWidth = rows.map(\.name.count).max() ?? 0
    let figureWidth = rows.map(\.figure.count).max() ?? 0
    let lines = rows.map { row in
      let space = String(repeating: " ", count: figureWidth - row.figure.count)
      let line = "  \(row.name.padded(to: nameWidth))  \(space)\(row.figure)"
      return row.meaning.isEmpty ? line : "\(line)  \(row.meaning)"
    }
    return ([title] + lines).joined(separator: "\n")
  }
}

extension BinaryInteger {
  /// The number with a comma after each three digits: `1,234,567`.
  var grouped: String {
    let digits = Array("\(magnitude)")
    let groups = stride(from: digits.count, to: 0, by: -3).reversed().map { end in
      String(digits[Swift.max(0, end - 3)..<end])
    }
    return (self < 0 ? "-" : "") + groups.joined(separator: ",")
  }
}

extension Double {
  /// The number as people compare it: whole from 100 on, with a digit after the point below.
  var rounded3: String {
    guard isFinite else { return "-" }
    guard abs(self) < 100 else { return Int(rounded()).grouped }
    let tenths = Int((self * 10).rounded())
    return "\(tenths < 0 ? "-" : "")\(abs(tenths) / 10).\(abs(tenths) % 10)"
  }

  /// Three digits after the point at most, so that a line of JSON stays readable.
  var inThousandths: Double { isFinite ? (self * 1000).rounded() / 1000 : 0 }
}
