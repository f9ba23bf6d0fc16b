// grid_server [--height H] [--width W] [--with-parent] [--fragment N] [-ORB...]
//
// Serves one Grid, 100 x 100 unless told otherwise, under the object key "grid".

#include "grid_servant.h"
#include "serve.h"

int main(int argc, char** argv) {
    Server server(argc, argv);
    auto height = static_cast<CORBA::Short>(std::stoi(server.option("--height", "100")));
    auto width = static_cast<CORBA::Short>(std::stoi(server.option("--width", "100")));
    PortableServer::Servant_var<GridServant> servant(new GridServant(height, width));
    CORBA::Object_var grid = server.serve_under_key("grid", servant.in());
    server.run(grid);
    return 0;
}
