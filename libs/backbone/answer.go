package backbone

import (
	"context"
	"crypto/ed25519"
	"crypto/subtle"
	"encoding/json"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"

	"github.com/counterfoil/counterfoil/libs/fault"
)

// answer has this server answer what an agency asks inside its own account. Of several servers one answers.
func (h *Hub) answer(nc *nats.Conn, agency string) error {
	for subject, decide := range map[string]func(m *member, s statement) (*pass, error){
		joinSubject:    joins(agency),
		presentSubject: presents(agency),
		renewSubject:   renews(agency),
	} {
		_, err := nc.QueueSubscribe(subject, "hub", func(msg *nats.Msg) {
			ctx, cancel := context.WithTimeout(context.Background(), answerLimit)
			defer cancel()
			r := h.decideOn(ctx, subject, agency, msg.Data, decide)
			data, err := json.Marshal(r)
			if err == nil {
				err = msg.Respond(data)
			}
			if err != nil {
				h.log.Warn("request not answered", "agency", agency, "err", err)
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// decideOn checks what the agency states and decides. The answer says nothing of anybody else.
func (h *Hub) decideOn(ctx context.Context, subject, agency string, data []byte, decide func(*member, statement) (*pass, error)) reply {
	var granted *pass
	var r reply
	err := h.edit(ctx, func(decided *hubState) error {
		m, err := decided.present(agency)
		if err != nil {
			return err
		}
		s, err := readStatement(data, subject, agency, ed25519.PublicKey(m.Signing), time.Now())
		if err != nil {
			return err
		}
		if m.Suspended {
			return fault.Errorf(fault.NotAllowed, "%s is suspended: ask the hub's operator", agency)
		}
		if granted, err = decide(&m, s); err != nil {
			return err
		}
		r.RenewBy = m.RenewBy
		decided.Agencies[agency] = m
		return nil
	})
	if err == nil && granted != nil {
		r.JWT, err = h.operator.jwt(*granted)
	}
	if refusal := fault.As(err); refusal != nil {
		h.log.Info("request refused", "request", subject, "agency", agency)
		return reply{Kind: refusal.Kind, Refusal: refusal.Sentence}
	} else if err != nil {
		h.log.Warn("request not decided", "agency", agency, "err", err)
		return reply{Kind: fault.Unavailable, Refusal: "the hub cannot decide this now; try again"}
	}
	return r
}

// joins makes an invited agency live. Its invitation is good until it has presented itself as what it then is, so that
// an answer that got lost can be asked for again.
func joins(agency string) func(*member, statement) (*pass, error) {
	return func(m *member, s statement) (*pass, error) {
		switch {
		case m.Kit == nil || s.User != m.Kit.User:
			return nil, fault.Errorf(fault.Conflict, "this kit was used already; ask the hub's operator for a new one")
		case !m.Kit.Until.After(time.Now()):
			return nil, fault.Errorf(fault.NotAllowed, "this kit expired at %s; ask the hub's operator for a new one",
				m.Kit.Until.Format(time.RFC3339))
		case subtle.ConstantTimeCompare(s.Root, m.Kit.Root) != 1:
			return nil, fault.Errorf(fault.Precondition, "the rehearsal came out otherwise: its root is %x, and the hub expects another; "+
				"use the program's version that the kit was made for", s.Root)
		}
		m.User = m.Kit.User
		return &pass{agency: agency, user: m.User}, nil
	}
}

// presents is how a node says, on every connection, as which user it is there. What was to end once it came ends.
func presents(agency string) func(*member, statement) (*pass, error) {
	return func(m *member, s statement) (*pass, error) {
		switch {
		case s.User != "" && s.User == m.Next:
			m.User, m.Next, m.RenewBy = m.Next, "", time.Time{}
		case s.User == "" || s.User != m.User:
			return nil, fault.Errorf(fault.NotAllowed, "this is not the user that %s connects as", agency)
		}
		m.Kit = nil
		return nil, nil
	}
}

// renews lets another user in beside the present one, when that is due.
func renews(agency string) func(*member, statement) (*pass, error) {
	return func(m *member, s statement) (*pass, error) {
		switch {
		case !nkeys.IsValidPublicUserKey(s.User) || s.User == m.User:
			return nil, fault.Errorf(fault.Invalid, "this is not the public key of a new user")
		case m.RenewBy.IsZero():
			return nil, fault.Errorf(fault.Precondition, "no rotation of %s is due", agency)
		}
		m.Next = s.User
		return &pass{agency: agency, user: m.Next}, nil
	}
}
