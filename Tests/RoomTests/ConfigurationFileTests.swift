import Alpha
import Beta
import Charlie
import Foundation
import Overlord
import Testing

@testable import Daemon

/// The configuration files that are installed.
@Suite(.timeLimit(.minutes(1)))
struct ConfigurationFileTests {
  private static let services = ["alpha", "beta", "charlie", "overlord"]

  private static func room(_ service: String) -> any Room.Type {
    switch service {
    case "alpha": AlphaRoom.self
    case "beta": BetaRoom.self
    case "charlie": CharlieRoom.self
    default: OverlordRoom.self
    }
  }

  @Test(arguments: services)
  func `a file names the keys and groups that a reload applies, and no others`(
    service: String
  ) throws {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appending(path: "../../config/\(service).yaml")
    let text = try String(contentsOf: file, encoding: .utf8).replacing("\n# ", with: " ")
    let list = try #require(text.firstMatch(of: /take effect at once: (.*?)\. A change/)).output.1
    let named = list.split(separator: ", ").map(String.init)
    for key in ConfigurationTable(of: Self.room(service)).keys {
      let covering = named.filter { key.name == $0 || key.name.hasPrefix($0 + ".") }
      #expect(covering.count == (key.isReloadable ? 1 : 0), "\(key.name)")
    }
  }
}
