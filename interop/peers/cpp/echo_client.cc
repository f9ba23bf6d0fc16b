// echo_client REFERENCE [CHECK | GROUP]... [OPTION]...
//
// Checks an implementation of Torture::Echo. `echo_client --list` names the checks; those of the group "all" need
// nothing but the server, the others a certain option or server, which the README of this folder says.

#include "echo_checks.h"

int main(int argc, char** argv) {
    std::vector<Check> checks;
    for (auto part : {type_checks(), object_checks(), fault_checks(), load_checks()})
        checks.insert(checks.end(), part.begin(), part.end());
    return run_checks(argc, argv, checks);
}
