import Crypto
import FoundationEssentials
import HTTPTypes

/// The files that pages load from their own service: a style sheet, a script and an icon.
///
/// A file has the digest of its content in its path, so a browser keeps it until a new version has
/// another path.
struct PageAsset: Sendable {
  static let style = PageAsset("page", "css", "text/css; charset=utf-8", PackageResources.page_css)
  static let script = PageAsset(
    "page", "js", "text/javascript; charset=utf-8", PackageResources.page_js)
  static let icon = PageAsset("icon", "svg", "image/svg+xml", PackageResources.icon_svg)

  /// The path on the service.
  let path: String
  private let type: String
  private let content: [UInt8]

  private init(_ name: String, _ ending: String, _ type: String, _ content: [UInt8]) {
    let digest = SHA256.hash(data: Data(content)).prefix(6)
    let hex = digest.map { String(UInt16($0) + 0x100, radix: 16).dropFirst() }.joined()
    path = "/assets/\(name)-\(hex).\(ending)"
    self.type = type
    self.content = content
  }

  /// The routes of all files.
  static let routes = [style, script, icon].map { asset in
    Route.plain(asset.path) { _ in
      Response(
        status: .ok,
        headers: [
          .contentType: asset.type, .cacheControl: "public, max-age=31536000, immutable",
        ], body: Data(asset.content))
    }
  }
}
