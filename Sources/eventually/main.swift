// The command line tool, which lives in the room CommandLineTool. This file names the services
// whose own rules `verify` checks, because rooms do not import one another.

import Charlie
import CommandLineTool
import Daemon

prepareProcess()
await Eventually.start(checking: [CharlieRoom.self])
