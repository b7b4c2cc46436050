import FoundationEssentials
import HTTPTypes
import NIOCore
import NIOHTTP1

/// A request as it came, or as much of it as came before it was refused.
struct IncomingRequest: Sendable {
  /// The head of the request; nil where the bytes were no HTTP.
  var head: Head?
  /// The body, at most 64 KiB.
  var body = ByteBuffer()
  /// The two ends of the connection.
  var peers: Peers
  /// Its refusal; nil where it is to be answered.
  var refusal: Problem?

  /// The method, the target and the header fields.
  struct Head: Sendable {
    var method: HTTPRequest.Method
    /// As it was sent.
    var target: String
    /// The values of `Host` among them.
    var headers: HTTPFields
    /// Whether the client uses HTTP/1.0, in which a connection serves one request.
    var isOld = false
  }
}

/// The two ends of a connection; on a Unix socket there are no addresses.
struct Peers: Sendable, Hashable {
  /// The client's address, without its port.
  var client: String?
  /// The address that the client has connected to.
  var address: String?
  var port: Int?
  /// The user of the client; nil over TCP.
  var credentials: PeerCredentials?

  /// Whether the client is on this machine.
  var isLocal: Bool { client.map(isLoopback) ?? true }
}

extension IncomingRequest.Head {
  /// The head as the parser gives it.
  ///
  /// - Throws: a ``Problem`` for a method or a field that has no valid name.
  init(_ head: HTTPRequestHead) throws(Problem) {
    guard let method = HTTPRequest.Method(head.method.rawValue) else {
      throw .malformedRequest("The method is not a name.")
    }
    var fields = HTTPFields()
    for (name, value) in head.headers {
      guard let name = HTTPField.Name(name), HTTPField.isValidValue(value) else {
        throw .malformedRequest("The header field \(name.quoted) is not valid.")
      }
      fields.append(HTTPField(name: name, value: value))
    }
    self.init(
      method: method, target: head.uri, headers: fields,
      isOld: head.version.major == 1 && head.version.minor == 0)
  }

  /// The path and the query: a target may also be a whole address (RFC 9112, 3.2.2).
  var pathAndQuery: String {
    guard let rest = afterScheme else { return target }
    return rest.firstIndex { $0 == "/" || $0 == "?" }.map { String(rest[$0...]) } ?? "/"
  }

  /// The authority that is asked for: that of the target, else `Host`; nil where there is none, or
  /// more than one.
  var authority: String? {
    if let rest = afterScheme { return String(rest.prefix { $0 != "/" && $0 != "?" }) }
    let hosts = headers[values: .host]
    return hosts.count == 1 ? hosts[0] : nil
  }

  private var afterScheme: Substring? {
    guard target.utf8.first != UInt8(ascii: "/") else { return nil }
    for scheme in ["http://", "https://"]
    where target.prefix(scheme.count).lowercased() == scheme {
      return target.dropFirst(scheme.count)
    }
    return nil
  }

  /// The value of `Content-Length`, nil where there is none.
  ///
  /// The parser refuses a value that is not a number.
  var length: Int? { headers[.contentLength].flatMap { Int($0) } }
  var isChunked: Bool { headers.contains(.transferEncoding) }
  var hasBody: Bool { isChunked || (length ?? 0) > 0 }
  /// Whether the client waits for `100 Continue` before it sends the body.
  var expectsContinue: Bool {
    headers[.expect]?.lowercased() == "100-continue" && !isOld && hasBody
  }
  /// Whether the connection serves no further request: by its `Connection` field, or by its version
  /// (RFC 9112, 9.3 and 9.6).
  ///
  /// `Upgrade` is ignored (RFC 9110, 7.8), but the parser does not read on after such a request.
  var closesConnection: Bool {
    let options = headers[values: .connection].flatMap { $0.split(separator: ",") }
    return isOld || headers.contains(.upgrade) || method == .connect
      || options.contains { $0.filter { $0 != " " && $0 != "\t" }.lowercased() == "close" }
  }
}
