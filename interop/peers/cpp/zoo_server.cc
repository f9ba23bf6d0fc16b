// zoo_server [--gauge] [--with-parent] [--fragment N] [-ORB...]
//
// Serves one Zoo::Keeper under the object key "keeper", and a Zoo::Gauge under "gauge". Says where the keeper is; with --gauge,
// where the gauge is.

#include "gauge.hh"
#include "serve.h"
#include "zoo.hh"

namespace {

// Returns what it is given, itself or by way of another.
class Keeper : public POA_Zoo::Keeper {
public:
    CORBA::Any* echo_any(const CORBA::Any& value, Zoo::Keeper_ptr via) override {
        return CORBA::is_nil(via) ? new CORBA::Any(value) : via->echo_any(value, nobody());
    }
    Zoo::Price echo_price(const Zoo::Price& value, Zoo::Keeper_ptr via) override {
        return CORBA::is_nil(via) ? value : via->echo_price(value, nobody());
    }
    Zoo::Even echo_even(const Zoo::Even& value, Zoo::Keeper_ptr via) override {
        return CORBA::is_nil(via) ? value : via->echo_even(value, nobody());
    }
    Zoo::Unions* echo_unions(const Zoo::Unions& value, Zoo::Keeper_ptr via) override {
        return CORBA::is_nil(via) ? new Zoo::Unions(value) : via->echo_unions(value, nobody());
    }
    Zoo::Point* echo_point(Zoo::Point* value, Zoo::Keeper_ptr via) override {
        return CORBA::is_nil(via) ? same(value) : via->echo_point(value, nobody());
    }
    Zoo::Link* echo_link(Zoo::Link* value, Zoo::Keeper_ptr via) override {
        return CORBA::is_nil(via) ? same(value) : via->echo_link(value, nobody());
    }
    Zoo::Text* echo_text(Zoo::Text* value, Zoo::Keeper_ptr via) override {
        return CORBA::is_nil(via) ? same(value) : via->echo_text(value, nobody());
    }
    Zoo::Basket* echo_basket(const Zoo::Basket& value, Zoo::Keeper_ptr via) override {
        return CORBA::is_nil(via) ? new Zoo::Basket(value) : via->echo_basket(value, nobody());
    }
    Zoo::Described_ptr echo_described(Zoo::Described_ptr value, Zoo::Keeper_ptr via) override {
        return CORBA::is_nil(via) ? Zoo::Described::_duplicate(value) : via->echo_described(value, nobody());
    }

private:
    static Zoo::Keeper_ptr nobody() { return Zoo::Keeper::_nil(); }

    // A result has a count of its own.
    template <class T>
    static T* same(T* value) {
        CORBA::add_ref(value);
        return value;
    }
};

// Returns what it is given, itself or by way of another.
class Gauge : public POA_Zoo::Gauge {
public:
    CORBA::LongDouble echo_long_double(CORBA::LongDouble value, Zoo::Gauge_ptr via) override {
        return CORBA::is_nil(via) ? value : via->echo_long_double(value, nobody());
    }
    Zoo::LongDoubles* echo_long_doubles(const Zoo::LongDoubles& values, Zoo::Gauge_ptr via) override {
        return CORBA::is_nil(via) ? new Zoo::LongDoubles(values) : via->echo_long_doubles(values, nobody());
    }
    CORBA::Any* echo_any(const CORBA::Any& value, Zoo::Gauge_ptr via) override {
        if (!CORBA::is_nil(via))
            return via->echo_any(value, nobody());
        // Taken out and put in again: what is not looked at goes on as it came.
        CORBA::LongDouble number;
        CORBA::Any* returned = new CORBA::Any(value);
        if (value >>= number)
            *returned <<= number;
        return returned;
    }
    CORBA::Double nearest(CORBA::LongDouble value, Zoo::Gauge_ptr via) override {
        return CORBA::is_nil(via) ? static_cast<CORBA::Double>(value) : via->nearest(value, nobody());
    }

private:
    static Zoo::Gauge_ptr nobody() { return Zoo::Gauge::_nil(); }
};

class Note : public OBV_Zoo::Note, public virtual CORBA::DefaultValueRefCountBase {
public:
    char* description() override { return CORBA::string_dup(text()); }
};

class NoteFactory : public CORBA::ValueFactoryBase {
public:
    CORBA::ValueBase* create_for_unmarshal() override { return new Note(); }
};

template <class Factory>
void know(CORBA::ORB_ptr orb, const char* id) {
    Factory* factory = new Factory();
    CORBA::ValueFactory known = orb->register_value_factory(id, factory);
    if (known)
        known->_remove_ref();
    factory->_remove_ref();
}

} // namespace

int main(int argc, char** argv) {
    Server server(argc, argv);
    know<Zoo::Point_init>(server.orb(), "IDL:Zoo/Point:1.0");
    know<Zoo::Named_init>(server.orb(), "IDL:Zoo/Named:1.0");
    know<Zoo::Link_init>(server.orb(), "IDL:Zoo/Link:1.0");
    know<NoteFactory>(server.orb(), "IDL:Zoo/Note:1.0");
    PortableServer::Servant_var<Keeper> servant(new Keeper());
    CORBA::Object_var keeper = server.serve_under_key("keeper", servant.in());
    PortableServer::Servant_var<Gauge> measuring(new Gauge());
    CORBA::Object_var gauge = server.serve_under_key("gauge", measuring.in());
    server.run(server.flag("--gauge") ? gauge : keeper);
    return 0;
}
