// A service imports one module: Daemon shows it the types of its events, of its journal, of its
// further services and of HTTP.

@_exported public import Events
@_exported public import HTTPTypes
@_exported public import Journal
@_exported public import Runtime
@_exported public import ServiceLifecycle
@_exported public import Versions
