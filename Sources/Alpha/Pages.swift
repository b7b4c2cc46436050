import Daemon

extension AlphaRoom {
  static let pages: [Route] = []
}
