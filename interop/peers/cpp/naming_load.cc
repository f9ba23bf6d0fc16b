// naming_load REFERENCE bind|resolve COUNT NAMES
//
// Binds COUNT fresh names, or resolves COUNT names among NAMES that bind has made, one call after the other, and prints
// `seconds S`.

#include <omniORB4/CORBA.h>
#include <omniORB4/Naming.hh>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <string>

namespace {

CosNaming::Name numbered(unsigned long number) {
    CosNaming::Name name;
    name.length(1);
    name[0].id = ("name" + std::to_string(number)).c_str();
    name[0].kind = "";
    return name;
}

} // namespace

int main(int argc, char** argv) {
    try {
        CORBA::ORB_var orb = CORBA::ORB_init(argc, argv);
        if (argc != 5) {
            std::cerr << "usage: naming_load REFERENCE bind|resolve COUNT NAMES" << std::endl;
            return 2;
        }
        CORBA::Object_var object = orb->string_to_object(argv[1]);
        CosNaming::NamingContext_var root = CosNaming::NamingContext::_narrow(object);
        bool binds = std::string(argv[2]) == "bind";
        unsigned long count = std::strtoul(argv[3], nullptr, 10);
        unsigned long names = std::strtoul(argv[4], nullptr, 10);
        auto start = std::chrono::steady_clock::now();
        for (unsigned long i = 0; i < count; ++i) {
            // A step that visits all names in no order that helps anybody.
            CosNaming::Name name = numbered(binds ? i : i * 7919 % names);
            if (binds) {
                root->rebind(name, root);
            } else {
                CORBA::Object_var found = root->resolve(name);
                if (CORBA::is_nil(found))
                    return 1;
            }
        }
        std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
        std::cout << "seconds " << taken.count() << std::endl;
        orb->destroy();
        return 0;
    } catch (const CORBA::Exception& raised) {
        std::cerr << raised._name() << std::endl;
        return 1;
    }
}
