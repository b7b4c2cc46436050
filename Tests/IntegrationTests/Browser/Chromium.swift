import Events
import Foundation
import Glibc
import Testing

/// Chromium and its driver, as Debian packages them.
enum Chromium {
  static let driver = "/usr/bin/chromedriver"
  static let isInstalled = [driver, "/usr/bin/chromium"].allSatisfy(
    FileManager.default.isExecutableFile)
  static let remedy: Comment =
    "chromium and chromium-driver are not installed here: .ci/run installs them"
}

/// Starts a browser without windows for as long as the body runs.
///
/// - Parameter folder: a temporary folder, in which it keeps its profile.
func withBrowser<Value: Sendable>(
  in folder: String, _ body: (Browser) async throws -> Value
) async throws -> Value {
  let child = try ChildProcess(Chromium.driver, ["--port=0"], folder: folder)
  // Chromium is in the process group of its driver.
  let end = ["kill", "-9", "--", "-\(child.pid)"]
  LastWill.shared.include(end)
  let result: Result<Value, any Error>
  do {
    result = .success(try await body(try await Browser(of: child, profile: folder + "/chromium")))
  } catch {
    result = .failure(error)
  }
  kill(-child.pid, SIGKILL)
  // Not in the test's own task, which may be cancelled.
  await Task.detached { _ = try? await child.ending() }.value
  LastWill.shared.leaveOut(end)
  return try result.get()
}

extension Browser {
  fileprivate convenience init(of child: ChildProcess, profile: String) async throws {
    let sentence = "started successfully on port "
    let line = try await child.line("its port") { $0.text.contains(sentence) }
    let port = line.text.split(separator: sentence).last?.filter(\.isNumber) ?? ""
    let driver = HTTPClient(base: "http://127.0.0.1:\(port)")
    let arguments = [
      "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
      "--hide-scrollbars", "--user-data-dir=\(profile)",
    ]
    let capabilities: JSON = [
      "browserName": "chrome", "goog:loggingPrefs": ["browser": "ALL"],
      "timeouts": ["script": 15000, "pageLoad": 15000],
      "goog:chromeOptions": ["args": JSON(list: arguments.map { JSON(stringLiteral: $0) })],
    ]
    let session = try await WebDriver(http: driver).post(
      "/session", ["capabilities": ["alwaysMatch": capabilities]])
    self.init(WebDriver(http: driver, session: "/session/\(session["sessionId"].text)"))
  }
}

extension JSON {
  init(list: [JSON]) {
    self.init(value: .array(list.map(\.value)))
  }
}
