import Foundation

/// The commands of W3C WebDriver: JSON over HTTP to the driver of a browser.
///
/// Each has a connection of its own, since Foundation's client refuses chromedriver's header fields,
/// which have no space after the colon.
struct WebDriver: Sendable {
  /// The address of the driver.
  let http: HTTPClient
  /// The path of a session; empty for the driver itself.
  var session = ""

  func get(_ path: String) async throws -> JSON { try await send("GET", path) }

  @discardableResult
  func post(_ path: String, _ body: JSON = [:]) async throws -> JSON {
    try await send("POST", path, body: try body.data)
  }

  func delete(_ path: String) async throws { _ = try await send("DELETE", path) }

  private func send(_ method: String, _ path: String, body: Data = Data()) async throws -> JSON {
    let connection = try RawConnection(to: http)
    let head = """
      \(method) \(session)\(path) HTTP/1.1\r\nHost: localhost\r\n\
      Content-Type: application/json\r\nContent-Length: \(body.count)\r\n\r\n
      """
    connection.send(Array(head.utf8) + body)
    let answer = await connection.receiveAnswer()
    guard !answer.head.isEmpty, let json = try? JSON(Data(answer.body)) else {
      throw WebDriverError(code: "no answer", message: "\(method) \(path): \(answer.head)")
    }
    let value = json["value"]
    guard answer.head.hasPrefix("HTTP/1.1 200 ") else {
      throw WebDriverError(code: value["error"].text, message: value["message"].text)
    }
    return value
  }
}

/// A command that the browser refused.
struct WebDriverError: Error, CustomStringConvertible {
  /// The code of the standard: `stale element reference`.
  let code: String
  let message: String

  var description: String { "\(code): \(message)" }
}

/// The keys that have no character.
enum Key {
  static let control = "\u{E009}"
  /// Releases every key.
  static let none = "\u{E000}"
  static let tab = "\u{E004}"
  static let enter = "\u{E007}"
}
