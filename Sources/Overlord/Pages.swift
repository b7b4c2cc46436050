import Daemon

extension OverlordRoom {
  static func pages(_ configuration: ServiceConfiguration) -> [Route] { [] }
}
