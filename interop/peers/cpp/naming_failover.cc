// naming_failover REFERENCE COUNT
//
// Binds the names n0, n1, .. one after the other, each once, whatever becomes of the one before, and prints a line for each:
// `bound NAME`, `twice NAME` if it was bound already, or `failed NAME EXCEPTION yes|no|maybe`.

#include <omniORB4/CORBA.h>
#include <omniORB4/Naming.hh>

#include <cstdlib>
#include <iostream>
#include <string>

namespace {

const char* text_of(CORBA::CompletionStatus completed) {
    switch (completed) {
    case CORBA::COMPLETED_YES:
        return "yes";
    case CORBA::COMPLETED_NO:
        return "no";
    default:
        return "maybe";
    }
}

void bind(CosNaming::NamingContext_ptr root, const std::string& id) {
    CosNaming::Name name;
    name.length(1);
    name[0].id = id.c_str();
    name[0].kind = "";
    try {
        root->bind(name, root);
        std::cout << "bound " << id << std::endl;
    } catch (const CosNaming::NamingContext::AlreadyBound&) {
        std::cout << "twice " << id << std::endl;
    } catch (const CORBA::SystemException& raised) {
        std::cout << "failed " << id << " " << raised._name() << " " << text_of(raised.completed()) << std::endl;
    }
}

} // namespace

int main(int argc, char** argv) {
    try {
        CORBA::ORB_var orb = CORBA::ORB_init(argc, argv);
        if (argc != 3) {
            std::cerr << "usage: naming_failover REFERENCE COUNT" << std::endl;
            return 2;
        }
        CORBA::Object_var object = orb->string_to_object(argv[1]);
        CosNaming::NamingContext_var root = CosNaming::NamingContext::_unchecked_narrow(object);
        unsigned long count = std::strtoul(argv[2], nullptr, 10);
        for (unsigned long i = 0; i < count; ++i)
            bind(root, "n" + std::to_string(i));
        orb->destroy();
        return 0;
    } catch (const CORBA::Exception& raised) {
        std::cerr << raised._name() << std::endl;
        return 1;
    }
}
