// bench_server [--with-parent] [--fragment N] [-ORB...]
//
// The server of a benchmark: a Bench::Table under the key "table". At its end it prints what it used of the processor
// as one JSON line.

#include "processor_time.h"
#include "serve.h"
#include "table_servant.h"

#include <cstdio>

int main(int argc, char** argv) {
    Server server(argc, argv);
    PortableServer::Servant_var<TableServant> table(new TableServant());
    CORBA::Object_var object = server.serve_under_key("table", table.in());
    server.run(object.in());
    ProcessorTime used = processor_time();
    std::printf("{\"cpu_user_ns\":%lld,\"cpu_sys_ns\":%lld}\n", used.user_ns, used.sys_ns);
    return 0;
}
