// The command line tool: everything that it does stands in the room CommandLineTool.

import CommandLineTool
import Daemon

prepareProcess()
await Eventually.start()
