import Daemon
import HTTPTypes
import RoomTesting

extension ServiceHarness {
  /// Sends a form as a person's browser does, which asks for a page: a refusal is a page too.
  func submitInBrowser(_ target: String, fields: [String: String]) -> Response {
    let body = fields.map { name, value in
      "\(name)=" + value.utf8.map { "%" + String(Int($0) + 256, radix: 16).dropFirst() }.joined()
    }
    return send(
      .post, target, body: body.joined(separator: "&"),
      headers: [.contentType: "application/x-www-form-urlencoded", .accept: "text/html"])
  }
}
