import Daemon

extension CharlieRoom {
  static let pages: [Route] = []
}
