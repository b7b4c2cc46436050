import Events
import FoundationEssentials

extension JSONValue {
  /// The path of the first number that a type does not take: one with a fraction, or too large.
  ///
  /// The decoder itself says of such a number only that the document is corrupt. So the numbers
  /// from some place on are made zero, and by halves the place is found from which it matters: a
  /// few attempts, however long the document.
  ///
  /// - Returns: nil where no number is what makes the decoder fail.
  func pathOfMisfitNumber(decoding type: (some Decodable).Type) -> String? {
    let paths = numberPaths
    func fails(keeping count: Int) -> Bool {
      var kept = count
      do {
        _ = try JSONDecoder().decode(type, from: try JSONEncoder().encode(keepingNumbers(&kept)))
        return false
      } catch DecodingError.dataCorrupted(let context) {
        return context.codingPath.isEmpty
      } catch {
        return false
      }
    }
    var (good, bad) = (0, paths.count)
    guard bad > 0, fails(keeping: bad), !fails(keeping: good) else { return nil }
    while bad - good > 1 {
      let middle = (good + bad) / 2
      if fails(keeping: middle) { bad = middle } else { good = middle }
    }
    return paths[bad - 1]
  }

  /// The paths of all numbers, members in the order of their names.
  private var numberPaths: [String] {
    switch self {
    case .integer, .unsigned, .number: return [""]
    case .array(let values):
      return values.enumerated().flatMap { index, value in
        value.numberPaths.map { "[\(index)]" + Self.joint($0) }
      }
    case .object(let members):
      return members.sorted { $0.key < $1.key }.flatMap { name, value in
        value.numberPaths.map { name + Self.joint($0) }
      }
    case .null, .bool, .string: return []
    }
  }

  /// A path as it goes on after another.
  private static func joint(_ path: String) -> String {
    path.isEmpty || path.hasPrefix("[") ? path : "." + path
  }

  /// The same document in which only so many numbers are left, and the others are zero.
  private func keepingNumbers(_ count: inout Int) -> JSONValue {
    switch self {
    case .integer, .unsigned, .number:
      count -= 1
      return count >= 0 ? self : .integer(0)
    case .array(let values): return .array(values.map { $0.keepingNumbers(&count) })
    case .object(let members):
      var kept: [String: JSONValue] = [:]
      for (name, value) in members.sorted(by: { $0.key < $1.key }) {
        kept[name] = value.keepingNumbers(&count)
      }
      return .object(kept)
    case .null, .bool, .string: return self
    }
  }
}
