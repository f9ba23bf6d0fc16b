// event_client CHANNEL push COUNT SIZE      pushes numbered events, strings of SIZE octets
// event_client CHANNEL consume COUNT        is pushed events, until it has seen the one numbered COUNT - 1
// event_client CHANNEL pull COUNT           pulls events, by pull and try_pull in turns
// event_client CHANNEL supply COUNT         is pulled numbered events
// event_client CHANNEL steps                does what is wrong, and prints what came of it
// event_client CHANNEL push-on              pushes a hundred numbered events for each line of input, whatever is killed
// event_client CHANNEL consume-on           is pushed events until its input ends, whatever is killed
//
// The last two obtain new proxies when theirs are gone. push-on prints `sent N` behind each hundred, and pushes an event again
// when its call has failed; consume-on prints `connected N` behind its N-th connection, and `seen N` for each event.
//
// All print `ready` when they are connected. At the end they print `count N`, the events that were seen or sent, `order kept` or
// `order broken`, `seconds S` from the first event to the last, and `processor S`, the processor time of all their threads in
// between.

#include <omniORB4/CORBA.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <iostream>
#include <mutex>
#include <string>
#include <thread>

#include "events.hh"
#include "processor_time.h"

namespace {

using Clock = std::chrono::steady_clock;

// Numbers as they come, and whether they do so in order.
class Tally {
  public:
    void see(const char* text) {
        unsigned long number = std::strtoul(text, nullptr, 10);
        std::lock_guard<std::mutex> lock(mutex_);
        if (count_ == 0) {
            first_ = Clock::now();
            used_ = processor_seconds();
        }
        if (count_ > 0 && number <= number_)
            in_order_ = false;
        number_ = number;
        ++count_;
        last_ = Clock::now();
        // Nobody is woken for each of them: that would cost more than to count it.
        if (number >= awaited_)
            changed_.notify_all();
    }

    void wait_for(unsigned long number) {
        std::unique_lock<std::mutex> lock(mutex_);
        awaited_ = number;
        changed_.wait(lock, [&] { return count_ > 0 && number_ >= number; });
    }

    void print() {
        std::lock_guard<std::mutex> lock(mutex_);
        std::cout << "count " << count_ << "\norder " << (in_order_ ? "kept" : "broken") << "\nseconds "
                  << std::chrono::duration<double>(last_ - first_).count() << "\nprocessor "
                  << processor_seconds() - used_ << std::endl;
    }

  private:
    static double processor_seconds() {
        ProcessorTime used = processor_time();
        return (used.user_ns + used.sys_ns) / 1e9;
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    unsigned long count_ = 0;
    unsigned long number_ = 0;
    unsigned long awaited_ = ~0ul;
    bool in_order_ = true;
    Clock::time_point first_, last_;
    double used_ = 0;
};

class Consumer : public POA_CosEventComm::PushConsumer {
  public:
    explicit Consumer(Tally& tally) : tally_(tally) {}

    void push(const CORBA::Any& data) override {
        const char* text;
        if (data >>= text)
            tally_.see(text);
    }

    void disconnect_push_consumer() override { std::cout << "disconnected" << std::endl; }

  private:
    Tally& tally_;
};

// An event with a number in front.
CORBA::Any numbered(unsigned long number, size_t size) {
    std::string text = std::to_string(number);
    if (text.size() < size)
        text += std::string(size - text.size(), ' ');
    CORBA::Any any;
    any <<= text.c_str();
    return any;
}

class Supplier : public POA_CosEventComm::PullSupplier {
  public:
    Supplier(Tally& tally, unsigned long count) : tally_(tally), count_(count) {}

    CORBA::Any* pull() override {
        while (next_ >= count_) {
            asked_for_more_ = true;
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
        return give();
    }

    CORBA::Any* try_pull(CORBA::Boolean& has_event) override {
        has_event = next_ < count_;
        if (!has_event)
            asked_for_more_ = true;
        return has_event ? give() : new CORBA::Any(numbered(0, 0));
    }

    void disconnect_pull_supplier() override { std::cout << "disconnected" << std::endl; }

    // Whoever asks for more has received the last event: its reply leaves after the supplier has counted it.
    void wait_until_asked_for_more() {
        while (!asked_for_more_)
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }

  private:
    CORBA::Any* give() {
        unsigned long number = next_++;
        tally_.see(std::to_string(number).c_str());
        return new CORBA::Any(numbered(number, 0));
    }

    Tally& tally_;
    unsigned long count_;
    std::atomic<unsigned long> next_{0};
    std::atomic<bool> asked_for_more_{false};
};

void ready() { std::cout << "ready" << std::endl; }

void push(CosEventChannelAdmin::EventChannel_ptr channel, unsigned long count, size_t size) {
    CosEventChannelAdmin::SupplierAdmin_var admin = channel->for_suppliers();
    CosEventChannelAdmin::ProxyPushConsumer_var proxy = admin->obtain_push_consumer();
    proxy->connect_push_supplier(CosEventComm::PushSupplier::_nil());
    ready();
    Tally tally;
    for (unsigned long i = 0; i < count; ++i) {
        proxy->push(numbered(i, size));
        tally.see(std::to_string(i).c_str());
    }
    tally.print();
    proxy->disconnect_push_consumer();
}

void consume(CosEventChannelAdmin::EventChannel_ptr channel, unsigned long count) {
    Tally tally;
    Consumer* consumer = new Consumer(tally);
    CosEventComm::PushConsumer_var reference = consumer->_this();
    CosEventChannelAdmin::ConsumerAdmin_var admin = channel->for_consumers();
    CosEventChannelAdmin::ProxyPushSupplier_var proxy = admin->obtain_push_supplier();
    proxy->connect_push_consumer(reference);
    ready();
    tally.wait_for(count - 1);
    tally.print();
    proxy->disconnect_push_supplier();
}

void pull(CosEventChannelAdmin::EventChannel_ptr channel, unsigned long count) {
    CosEventChannelAdmin::ConsumerAdmin_var admin = channel->for_consumers();
    CosEventChannelAdmin::ProxyPullSupplier_var proxy = admin->obtain_pull_supplier();
    proxy->connect_pull_consumer(CosEventComm::PullConsumer::_nil());
    ready();
    Tally tally;
    for (unsigned long seen = 0; seen < count;) {
        CORBA::Boolean has_event = true;
        CORBA::Any_var any = seen % 2 ? proxy->try_pull(has_event) : proxy->pull();
        const char* text;
        if (!has_event) {
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        } else if (any.in() >>= text) {
            tally.see(text);
            ++seen;
        }
    }
    tally.print();
    proxy->disconnect_pull_supplier();
}

void supply(CosEventChannelAdmin::EventChannel_ptr channel, unsigned long count) {
    Tally tally;
    Supplier* supplier = new Supplier(tally, count);
    CosEventComm::PullSupplier_var reference = supplier->_this();
    CosEventChannelAdmin::SupplierAdmin_var admin = channel->for_suppliers();
    CosEventChannelAdmin::ProxyPullConsumer_var proxy = admin->obtain_pull_consumer();
    proxy->connect_pull_supplier(reference);
    ready();
    supplier->wait_until_asked_for_more();
    tally.print();
    proxy->disconnect_pull_consumer();
}

// Tries again until it works: the channel is perhaps being restarted.
template <typename Work> void until_it_works(Work work) {
    for (;;) {
        try {
            work();
            return;
        } catch (const CORBA::Exception&) {
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
        }
    }
}

void push_on(CosEventChannelAdmin::EventChannel_ptr channel) {
    CosEventChannelAdmin::ProxyPushConsumer_var proxy;
    auto connect = [&] {
        CosEventChannelAdmin::SupplierAdmin_var admin = channel->for_suppliers();
        proxy = admin->obtain_push_consumer();
        proxy->connect_push_supplier(CosEventComm::PushSupplier::_nil());
    };
    until_it_works(connect);
    ready();
    unsigned long next = 0, again = 0;
    std::string line;
    while (std::getline(std::cin, line)) {
        for (unsigned long end = next + 100; next < end;) {
            try {
                proxy->push(numbered(next, 0));
                ++next;
            } catch (const CORBA::Exception&) {
                // Perhaps it is there: it is said again, with the same number.
                ++again;
                until_it_works(connect);
            }
        }
        std::cout << "sent " << next << std::endl;
    }
    std::cout << "again " << again << std::endl;
}

// Says each number as it comes.
class Crier : public POA_CosEventComm::PushConsumer {
  public:
    void push(const CORBA::Any& data) override {
        const char* text;
        if (data >>= text)
            std::cout << (std::string("seen ") + text + "\n") << std::flush;
    }

    void disconnect_push_consumer() override {}
};

void consume_on(CosEventChannelAdmin::EventChannel_ptr channel) {
    Crier* crier = new Crier;
    CosEventComm::PushConsumer_var reference = crier->_this();
    CosEventChannelAdmin::ProxyPushSupplier_var proxy;
    auto connect = [&] {
        CosEventChannelAdmin::ConsumerAdmin_var admin = channel->for_consumers();
        proxy = admin->obtain_push_supplier();
        proxy->connect_push_consumer(reference);
    };
    std::atomic<bool> ended{false};
    // A proxy whose service has been restarted is not there any more; nobody tells who is connected to it.
    std::thread keeping([&] {
        for (unsigned long connection = 1; !ended; ++connection) {
            until_it_works(connect);
            std::cout << (connection == 1 ? std::string("ready\n") : "") + "connected " + std::to_string(connection) + "\n"
                      << std::flush;
            try {
                while (!ended && !proxy->_non_existent())
                    std::this_thread::sleep_for(std::chrono::milliseconds(20));
            } catch (const CORBA::Exception&) {
            }
        }
    });
    std::string line;
    while (std::getline(std::cin, line)) {
    }
    ended = true;
    keeping.join();
}

// Runs a step and prints the exception that it raised.
void step(const char* what, const std::function<void()>& run) {
    std::string outcome = "done";
    try {
        run();
    } catch (const CORBA::Exception& raised) {
        outcome = raised._name();
    }
    std::cout << what << ": " << outcome << std::endl;
}

void steps(CosEventChannelAdmin::EventChannel_ptr channel) {
    CosEventChannelAdmin::SupplierAdmin_var suppliers = channel->for_suppliers();
    CosEventChannelAdmin::ConsumerAdmin_var consumers = channel->for_consumers();
    CosEventChannelAdmin::ProxyPushConsumer_var push = suppliers->obtain_push_consumer();
    CosEventChannelAdmin::ProxyPullSupplier_var pull = consumers->obtain_pull_supplier();
    CosEventChannelAdmin::ProxyPushSupplier_var pushed = consumers->obtain_push_supplier();
    CosEventChannelAdmin::ProxyPullConsumer_var pulled = suppliers->obtain_pull_consumer();
    CORBA::Boolean has_event;
    step("try_pull before connecting", [&] { CORBA::Any_var any = pull->try_pull(has_event); });
    step("connect a nil supplier", [&] { push->connect_push_supplier(CosEventComm::PushSupplier::_nil()); });
    step("connect it again", [&] { push->connect_push_supplier(CosEventComm::PushSupplier::_nil()); });
    step("connect a nil puller", [&] { pull->connect_pull_consumer(CosEventComm::PullConsumer::_nil()); });
    step("connect it again", [&] { pull->connect_pull_consumer(CosEventComm::PullConsumer::_nil()); });
    step("connect a nil consumer", [&] { pushed->connect_push_consumer(CosEventComm::PushConsumer::_nil()); });
    step("connect a nil pulled supplier", [&] { pulled->connect_pull_supplier(CosEventComm::PullSupplier::_nil()); });
    step("push", [&] { push->push(numbered(1, 0)); });
    step("pull", [&] { CORBA::Any_var any = pull->pull(); });
    step("disconnect the supplier", [&] { push->disconnect_push_consumer(); });
    step("push behind that", [&] { push->push(numbered(2, 0)); });
    step("disconnect the puller", [&] { pull->disconnect_pull_supplier(); });
    step("pull behind that", [&] { CORBA::Any_var any = pull->pull(); });
}

} // namespace

int main(int argc, char** argv) {
    try {
        CORBA::ORB_var orb = CORBA::ORB_init(argc, argv);
        if (argc < 3) {
            std::cerr << "usage: event_client CHANNEL push|consume|pull|supply|steps|push-on|consume-on [COUNT [SIZE]]"
                      << std::endl;
            return 2;
        }
        CORBA::Object_var root = orb->resolve_initial_references("RootPOA");
        PortableServer::POA_var poa = PortableServer::POA::_narrow(root);
        PortableServer::POAManager_var manager = poa->the_POAManager();
        manager->activate();
        CORBA::Object_var object = orb->string_to_object(argv[1]);
        CosEventChannelAdmin::EventChannel_var channel = CosEventChannelAdmin::EventChannel::_narrow(object);
        if (CORBA::is_nil(channel)) {
            std::cerr << "no channel" << std::endl;
            return 1;
        }
        std::string work = argv[2];
        unsigned long count = argc > 3 ? std::strtoul(argv[3], nullptr, 10) : 1;
        size_t size = argc > 4 ? std::strtoul(argv[4], nullptr, 10) : 0;
        if (work == "push")
            push(channel, count, size);
        else if (work == "consume")
            consume(channel, count);
        else if (work == "pull")
            pull(channel, count);
        else if (work == "supply")
            supply(channel, count);
        else if (work == "push-on")
            push_on(channel);
        else if (work == "consume-on")
            consume_on(channel);
        else
            steps(channel);
        orb->destroy();
        return 0;
    } catch (const CORBA::Exception& raised) {
        std::cerr << raised._name() << std::endl;
        return 1;
    }
}
