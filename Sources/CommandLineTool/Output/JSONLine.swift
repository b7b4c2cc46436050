import Events
import FoundationEssentials

extension Encodable {
  /// The value as JSON on one line, with sorted keys.
  var jsonLine: String {
    let bytes = try? self.json()
    return bytes.map { String(decoding: $0, as: UTF8.self).escapedInsideJSON } ?? "{}"
  }
}
