// tally_client add REFERENCE COUNT
//
// Adds the entries 0, 1, .. one after the other, each by one call, and prints a line for each: `added ENTRY`, or
// `failed ENTRY EXCEPTION yes|no|maybe`. After a failure it waits for a line on its standard input.
//
// tally_client numbered REFERENCE COUNT
//
// The same with FT_REQUEST: a call that fails is made again under its number until it succeeds. `again ENTRY EXCEPTION
// yes|no|maybe` tells of a failure, and it goes on when it has read a line.
//
// tally_client ask REFERENCE 1
//
// For each line of its standard input, which is an entry: adds it, and reads all, once each whatever comes of it. `asked UPDATE
// QUERY` tells of both: `added` and `read`, or `EXCEPTION-MINOR-yes|no|maybe`.
//
// tally_client members MANAGER REFERENCE
//
// What FT-CORBA's manager says of the group: `group NUMBER`, `location ID` for each member, `entries COUNT` as each member
// alone counts them, and `raised EXCEPTION` for each of two mistakes.

#include "ft_request.h"
#include "tally.hh"

#include <cstdio>
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

// Whether the call has succeeded; the failure is told, and it waits for a line.
bool add(Tally_ptr tally, CORBA::ULong entry, const char* failed) {
    try {
        tally->add(entry);
        std::cout << "added " << entry << std::endl;
        return true;
    } catch (const CORBA::SystemException& raised) {
        std::cout << failed << " " << entry << " " << raised._name() << " " << text_of(raised.completed()) << std::endl;
        std::string line;
        std::getline(std::cin, line);
        return false;
    }
}

void add_all(Tally_ptr tally, CORBA::ULong count) {
    for (CORBA::ULong entry = 0; entry < count; ++entry)
        add(tally, entry, "failed");
}

void add_numbered(Tally_ptr tally, CORBA::ULong count) {
    ft_request::install();
    for (CORBA::ULong entry = 0; entry < count; ++entry) {
        ft_request::retention_id = static_cast<CORBA::Long>(entry) + 1;
        while (!add(tally, entry, "again"))
            ;
    }
}

CORBA::Boolean never(void*, CORBA::ULong, const CORBA::TRANSIENT&) {
    return false;
}

std::string text_of(const CORBA::SystemException& raised) {
    char minor[16];
    std::snprintf(minor, sizeof minor, "0x%08x", static_cast<unsigned>(raised.minor()));
    return std::string(raised._name()) + "-" + minor + "-" + text_of(raised.completed());
}

void ask_all(Tally_ptr tally) {
    // What is refused is refused: the ORB would try again by itself, for as long as a call may take.
    omniORB::installTransientExceptionHandler(nullptr, never);
    std::string line;
    while (std::getline(std::cin, line)) {
        std::string update = "added", query = "read";
        try {
            tally->add(static_cast<CORBA::ULong>(std::strtoul(line.c_str(), nullptr, 10)));
        } catch (const CORBA::SystemException& raised) {
            update = text_of(raised);
        }
        try {
            Entries_var entries = tally->read();
        } catch (const CORBA::SystemException& raised) {
            query = text_of(raised);
        }
        std::cout << "asked " << update << " " << query << std::endl;
    }
}

void members(CORBA::ORB_ptr orb, const char* manager_text, const char* group_text) {
    CORBA::Object_var object = orb->string_to_object(manager_text);
    FT::ObjectGroupManager_var manager = FT::ObjectGroupManager::_narrow(object);
    CORBA::Object_var group = orb->string_to_object(group_text);
    std::cout << "group " << manager->get_object_group_id(group) << std::endl;
    CORBA::Object_var newest = manager->get_object_group_ref(group);
    FT::Locations_var locations = manager->locations_of_members(newest);
    for (CORBA::ULong at = 0; at < locations->length(); ++at) {
        std::cout << "location " << locations[at][0].id << std::endl;
        CORBA::Object_var member = manager->get_member_ref(newest, locations[at]);
        Tally_var tally = Tally::_unchecked_narrow(member);
        Entries_var entries = tally->read();
        std::cout << "entries " << entries->length() << std::endl;
    }
    try {
        FT::Location nowhere;
        nowhere.length(1);
        nowhere[0].id = "nowhere:1";
        nowhere[0].kind = "address";
        CORBA::Object_var member = manager->get_member_ref(newest, nowhere);
    } catch (const FT::MemberNotFound& raised) {
        std::cout << "raised " << raised._name() << std::endl;
    }
    try {
        manager->get_object_group_id(manager);
    } catch (const FT::ObjectGroupNotFound& raised) {
        std::cout << "raised " << raised._name() << std::endl;
    }
}

} // namespace

int main(int argc, char** argv) {
    try {
        CORBA::ORB_var orb = CORBA::ORB_init(argc, argv);
        std::string mode = argc == 4 ? argv[1] : "";
        if (mode == "members") {
            members(orb, argv[2], argv[3]);
        } else if (mode == "add" || mode == "numbered" || mode == "ask") {
            CORBA::Object_var object = orb->string_to_object(argv[2]);
            Tally_var tally = Tally::_unchecked_narrow(object);
            CORBA::ULong count = static_cast<CORBA::ULong>(std::strtoul(argv[3], nullptr, 10));
            if (mode == "add")
                add_all(tally, count);
            else if (mode == "ask")
                ask_all(tally);
            else
                add_numbered(tally, count);
        } else {
            std::cerr << "usage: tally_client add|numbered|ask REFERENCE COUNT | members MANAGER REFERENCE" << std::endl;
            return 2;
        }
        orb->destroy();
        return 0;
    } catch (const CORBA::Exception& raised) {
        std::cerr << raised._name() << std::endl;
        return 1;
    }
}
