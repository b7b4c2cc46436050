import Daemon

extension BetaRoom {
  static let pages: [Route] = []
}
